"""A report beside the patient's prior report: what is new, gone, changed. Knows no Django.

`rows` says which row of the one is which row of the other, `diff` compares value by value.
"""
