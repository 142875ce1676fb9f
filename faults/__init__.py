"""The machine that finds faults: runs are killed, damaged and starved (``make faults``)."""
