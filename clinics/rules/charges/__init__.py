"""What a visit costs and who pays it. Pure; money is Decimal."""
