"""Pictures, sounds and meshes."""
