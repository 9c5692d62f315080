"""Words that people use in names of columns and keys."""

from __future__ import annotations


def _of(text: str) -> frozenset[str]:
    return frozenset(text.split())


SPLITS = {
    **dict.fromkeys(("train", "training", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("eval", "evaluation"), "eval"),
    **dict.fromkeys(("test", "testing", "te"), "test"),
    "holdout": "holdout",
}
RANKS: dict[str, int] = {
    **dict.fromkeys(_of("timestep timesteps"), 32),
    **dict.fromkeys(
        _of("step steps iteration iterations iter iters itr it update updates upd minibatch")
        | _of("schritt paso etape 步数 迭代 шаг"),
        30,
    ),
    **dict.fromkeys(
        _of("episode episodes round rounds generation generations gen rollout cycle"), 20
    ),
    **dict.fromkeys(_of("batch batches"), 14),
    **dict.fromkeys(_of("checkpoint ckpt"), 12),
    **dict.fromkeys(_of("epoch epochs ep epoche epoca época époque 轮次 轮 эпоха"), 10),
    **dict.fromkeys(_of("sample samples token tokens frame frames kimg interacts"), 6),
    **dict.fromkeys(_of("evaluation evaluations games images"), 6),
    **dict.fromkeys(_of("index idx row rows id i n number"), 2),
}
"""How good a counter's word is: among counters that keep the values, the larger one wins."""
SIZES = _of("count idx index id number num no nr total global current")
"""Words behind which a counter's own word stands."""
NO_COUNTER = _of(
    "best stop selected chosen final per warmup early length len size cost loss at remaining"
    " interval every mean avg std min max median time sec s target patience limit lr lam elo"
)
RUN_WORDS = _of(
    "run trial seed fold experiment exp worker rank env agent client replica member chain"
    " repeat task algo algorithm method model variant config arm host"
)
THING = _of(
    "model class name run experiment method tag variant label category classifier algorithm"
    " config configuration dataset file image path id trial task ablation checkpoint setting"
)
CLASS = _of(
    "class classes label category type kind group image file path dataset domain subset sample"
    " language country region feature word token layer question section bucket bin"
)
"""What rows are that are no trainings."""
METRIC = _of(
    "loss acc accuracy error err reward return score auc f1 precision recall map mse mae rmse"
    " r2 iou dice bleu rouge rougel rouge1 perplexity ppl bpb mrr ndcg hits kl entropy psnr"
    " ssim fid wer cer success correlation spearman pearson elo regret ap roc top1 top5 sharpe"
    " kappa mcc sensitivity specificity elbo mape smape coverage diversity novelty gap exact"
    " em pass correct avg average mean margin stderr likelihood nll logloss ter silhouette erank"
    " bal worst similarity dcg drawdown brier ece latency throughput qps auroc"
)
SETTING = _of(
    "lr rate size dim dims width depth hidden layers heads num n max min seed decay epochs"
    " steps batch workers alpha beta gamma lambda sigma rank dropout temperature threshold"
    " thresh units params parameters momentum warmup patience k bytes version year date stride"
    " kernel channels classes limit interval every frac ratio weight weights cutoff tokens"
    " device gpu port total count support index idx id duration seconds time sec ms us pid"
    " eps epsilon tau code samples nodes tn fp fn tp trial split"
)
GIVEN = _of(
    "lr rate size dim dims width depth hidden layers heads seed decay epochs batch workers alpha"
    " beta gamma lambda dropout temperature units momentum warmup patience"
)
"""What a training is set by, under no word that may also count what came of it."""
WITHIN = _of("step steps iteration iterations iter itr update batch time_batch")
"""Steps that some loops begin anew with each epoch, and that are counted on while they stream."""
CONFIG = _of(
    "config configs configuration args arguments params hyperparameters hyperparams hparams"
    " settings options cfg opt parameters setup hyper_parameters training_args kwargs versions"
    " environment env_info system git best_params best_config best_hyperparameters overrides"
    " arch architecture genotype"
)
"""Keys below which settings stand, whole."""
CONTAINER = _of(
    "history records record log logs data results result rounds epochs log_history"
    " epoch_history training_history train_history history_records entries items rows steps"
    " curves scalars sessions iterations evaluations measurements tags"
)
"""Keys that say only that something was logged: no part of a tag."""
IDENTITY = _of("id rank worker sample env traj trajectory idx index actor rollout agent")
"""Names of what tells several records of one step apart."""
