"""Values to Summary protos: histograms, text, images, hparams, figures.

Importing this loads neither tensorboardX nor matplotlib.
"""

from tbingest.summaries.serialize import serialize

__all__ = ["serialize"]
