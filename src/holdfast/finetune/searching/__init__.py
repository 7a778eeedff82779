"""Search: several trainings with other values of the recipe, of which validation data choose one."""
