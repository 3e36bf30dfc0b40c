"""What hosts are told of runs: texts and pictures, made of plain values. Pure; every text of a run is hostile."""
