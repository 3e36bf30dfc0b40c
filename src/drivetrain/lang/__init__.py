"""The language core: YAML with positions, expressions, macros. It knows no CI, does no IO and reads no clock."""
