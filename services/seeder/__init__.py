"""Loads plans into databases."""
