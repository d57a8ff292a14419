"""What each depositor's devices did in a month, counted per device: for the monthly report."""
