"""What the county's surfaces tell the register (审计登记), and the register itself for who may read it."""
