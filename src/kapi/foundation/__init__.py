"""Tables and tools that know no business."""
