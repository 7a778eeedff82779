"""Images as data: folders of them, tables that name them, boxes drawn in them. Files are hashed here, never decoded."""
