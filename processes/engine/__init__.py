"""The engine room: the only place that imports SpiffWorkflow. No clock, no database, no web."""
