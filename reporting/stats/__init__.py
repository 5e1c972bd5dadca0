"""Arithmetic on plain rows; knows neither Django nor the database."""
