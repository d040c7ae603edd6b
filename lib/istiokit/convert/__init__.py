"""Old gateway values into new ones: what each old key becomes, and whether both sets mean the same listeners."""
