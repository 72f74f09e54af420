"""Record linkage after Fellegi and Sunter (1969): values -> comparison levels -> weights in bits -> links.

The same functions serve one person at a desk and millions of rows in bulk:

* `kinds`: what can be compared, and the levels each comparison knows (rapidfuzz).
* `model`: the weights as frozen data that travel as JSON, with version and thresholds.
* `weighing`: levels to bits, value frequencies, the household cap, the explanation per field.
* `columns`, `blocking`, `training`, `deciding`, `linking`: two whole tables.
"""
