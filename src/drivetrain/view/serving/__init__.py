"""What pages say of endpoints, deployments and releases. Pure, beside its ports."""
