"""The personal health record form of QĐ 831/QĐ-BYT (11/03/2017): its fields, and its XML in and out."""
