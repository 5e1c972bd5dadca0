"""The baseline without a model: the wording of the template, found clause by clause."""
