"""How a person's WeChat or WeCom is bound, and where providers leave their receipts."""
