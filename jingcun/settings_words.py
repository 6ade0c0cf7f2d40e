"""What is wrong with the settings file in plain Chinese: the key, and what to write there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

Context = Mapping[str, Any]
_PATTERNS: Mapping[str, str] = MappingProxyType({
    r"^\d{6}$": "县的 6 位代码，如 \"640999\"", r"^(https?://.+)?$": "http:// 或 https:// 开头的地址，或留空",
    r"^https?://[^\s?#]+$": "http:// 或 https:// 开头的地址",
})  # fmt: skip
_NUMBER = "要写数，不带引号"
_WORDS: Mapping[str, Callable[[Context], str]] = MappingProxyType({
    "missing": lambda _: "缺少这一项，请补上",
    "extra_forbidden": lambda _: "不认识这一项，请删掉，或改正拼写",
    "literal_error": lambda told: f"只能写 {str(told.get('expected', '')).replace(' or ', '、').replace(', ', '、')}",
    "greater_than_equal": lambda told: f"最小写 {told.get('ge')}",
    "greater_than": lambda told: f"要比 {told.get('gt')} 大",
    "less_than_equal": lambda told: f"最大写 {told.get('le')}",
    "less_than": lambda told: f"要比 {told.get('lt')} 小",
    "string_type": lambda _: "要写成文字，用双引号括起来",
    "string_pattern_mismatch": lambda told: f"要写{_PATTERNS.get(str(told.get('pattern')), '规定的样子')}",
    "string_too_short": lambda told: f"至少写 {told.get('min_length')} 个字符",
    "string_too_long": lambda told: f"最多写 {told.get('max_length')} 个字符",
    "too_long": lambda told: f"最多写 {told.get('max_length')} 个",
    "path_type": lambda _: "要写文件的位置，用双引号括起来",
    "tuple_type": lambda _: "要写成一串，如 [\"a\", \"b\"]；渠道一个一节 [[channel]]",
    "value_error": lambda told: str(told.get("error", "")),
    **dict.fromkeys(("int_type", "int_parsing", "float_type", "float_parsing", "finite_number"), lambda _: _NUMBER),
    **dict.fromkeys(("int_from_float",), lambda _: "要写整数"),
    **dict.fromkeys(("bool_type", "bool_parsing"), lambda _: "只能写 true 或 false，不带引号"),
    **dict.fromkeys(("model_type", "model_attributes_type", "mapping_type", "dict_type"),
                    lambda _: "是一节，请写成 [这一节的名字]，下面一行写一项"),
})  # fmt: skip


def settings_words(error: ValidationError) -> str:
    """The first fault: which key, and what to write. Never the value itself, which may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    say = _WORDS.get(first["type"])
    words = say(first.get("ctx", {})) if say is not None else "写法不对，请照样例写"
    return f"{key}：{words}" if key else words
