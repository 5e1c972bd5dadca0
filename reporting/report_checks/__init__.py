"""The checks before signing: rules as data over what a report says. Knows no Django and no model.

`table.RULES` lists every rule with its severity; `table.findings` applies them.
"""
