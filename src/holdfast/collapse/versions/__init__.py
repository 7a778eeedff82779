"""What the laboratory says about versions of data: their diversity, and alarms over them."""
