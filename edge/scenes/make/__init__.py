"""Development tool: renders the village scenes with Blender's Cycles. Never imported by the product."""
