"""Is it a log of a training, or a data set: what the fields are called tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_COUNTER = re.compile(
    r"(.*[_/. ])?(steps?|epochs?|iter|iterations?|itr|batch|batches|updates?|timesteps?|frames"
    r"|evaluations?|tokens|episodes?|generation|gen|round|tick|kimg|trial|images? trained"
    r"|model version|horizon)"
)
_MEASURE = re.compile(
    r"loss|acc(?![a-z])|accura|error|(?<![a-z])err|perplex|ppl|bleu|rouge|meteor|(?<![a-z])f1|auc"
    r"|m?ap(?:[@_0-9 ]|$)|iou|reward|return|precision|recall|(?<![a-z])r?ms[el]e?(?![a-z])"
    r"|(?<![a-z])mae(?![a-z])|r2|dice|psnr|ssim|(?<![a-z])[wc]er(?![a-z])|fid(?![a-z])|entropy"
    r"|(?<![a-z])kl(?![a-z])|nll|bp[cd]|grad|(?<![a-z])lr(?![a-z])|learning.?rate|score|metric"
    r"|train|(?<![a-z])val(?:id|idation)?(?![a-z])|fitness|(?<![a-z])fps|throughput|ndcg|hit.?ratio"
    r"|y_(?:true|pred|score|prob)|(?<![a-z])prob|(?<![a-z])elbo|likelihood|regret|win.?rate"
    r"|pearson|spearman|sharpe|drawdown|(?<![a-z])mcc(?![a-z])|kappa|brier|silhouette|specificity"
    r"|(?<![a-z])elo(?![a-z])|[a-z]@\d|best.?value|exact.?match"
    r"|(?<![a-z])cv[ _.-]?(?:mean|std)|(?<![a-z])correct"
    r"|(?:pass|success|hit|fail(?:ure)?|click|accept(?:ance)?|completion|valid)[ _-]?rate"
)


NAMED_LIKE_A_LOG = re.compile(
    r"log|metric|histor|result|scalar|curve|loss|acc|train|eval|stats|score|baseline|benchmark"
    r"|summary|statistic|ablation"
)
_NAMED_LIKE_A_RANKING = re.compile(
    r"metric|result|score|leaderboard|rank|benchmark|compar|eval|summary"
)
_MODELS = frozenset({"model", "models", "method", "algorithm", "classifier", "model_name"})


def is_ranking(basename: str, names: Iterable[str]) -> bool:
    """True for a table of models under a name such as `benchmark.csv`, whatever was measured."""
    models = any(name.strip().lower() in _MODELS for name in names)
    return models and bool(_NAMED_LIKE_A_RANKING.search(basename.lower()))


def tells_of_training(names: Iterable[str]) -> bool:
    """True where a name is that of a counter of steps or of something that is measured."""
    plain = [name.strip().lower() for name in names]
    return any(_COUNTER.fullmatch(name) or _MEASURE.search(name) for name in plain)


NO_TRAINING = "no field is called like a step or a metric: a data set?"
