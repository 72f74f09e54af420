"""Commands about a stay in bed: admission and place, the day's sheet, the ending."""
