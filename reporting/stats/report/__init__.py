"""The study report: from frozen content to HTML and PDF."""
