"""Concludo: the Django project and its one app. Importing this package imports no Django."""
