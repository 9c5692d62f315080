"""OpenMMLab: mmcv and mmengine."""
