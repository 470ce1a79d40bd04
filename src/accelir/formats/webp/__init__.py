"""WebP, one stage a file, named as JPEG's."""
