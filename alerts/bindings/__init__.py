"""Bindings: by which openid or userid somebody is known to WeChat and WeCom, how that came about, and how it ends.

They stand in a table of their own, which nothing but this folder reads: no list, log, export or page shows an openid.
"""
