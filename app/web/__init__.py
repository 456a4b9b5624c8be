"""The pages: one blueprint per thing a person works with. Views load, validate, call one verb, redirect."""
