"""Model specifications: YAML in, `CameraModel` out."""
