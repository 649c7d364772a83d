"""Serving: processes, configuration, admission, health, metrics, logs."""
