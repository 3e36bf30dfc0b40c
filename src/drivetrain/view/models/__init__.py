"""What pages say of models and their versions. Pure, beside its ports."""
