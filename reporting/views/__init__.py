"""Views: access, form, one service call, one answer."""
