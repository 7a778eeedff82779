"""What each page shows: functions of a store and of what was asked, without a word about HTTP."""
