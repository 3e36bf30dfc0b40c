"""What hosts deliver: kept before it is answered, understood afterwards, exactly once."""
