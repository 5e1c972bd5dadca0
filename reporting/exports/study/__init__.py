"""A reader study as a bundle of files: tidy tables, ledger, XLSX, REDCap, iMRMC, manifest."""
