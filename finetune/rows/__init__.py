"""Training rows: verified exercises, their renderings, and the pipeline that builds, cleans, splits and certifies them."""
