"""What the libraries' names mean: estimators by what they learn, metrics, loaders, splitters.

Names are compared by their last part, so that `from sklearn.svm import SVC` and `svm.SVC` are one. Sources: the public
reference of scikit-learn 1.9, imbalanced-learn 0.14, category_encoders 2.8, xgboost 3, lightgbm 4, Keras 3.
"""

import re

_SCALE = """\
StandardScaler MinMaxScaler MaxAbsScaler RobustScaler PowerTransformer QuantileTransformer
KernelCenterer"""
_BINS = "KBinsDiscretizer SplineTransformer EqualFrequencyDiscretiser EqualWidthDiscretiser"
_IMPUTE = """\
SimpleImputer KNNImputer IterativeImputer Imputer MissForest IterativeSVD SoftImpute
MeanMedianImputer"""
_REDUCE = """\
PCA KernelPCA IncrementalPCA SparsePCA MiniBatchSparsePCA TruncatedSVD NMF MiniBatchNMF FastICA
UMAP TSNE Isomap LocallyLinearEmbedding FactorAnalysis LatentDirichletAllocation DictionaryLearning
Nystroem BernoulliRBM FeatureAgglomeration PLSSVD CCA NeighborhoodComponentsAnalysis
RandomTreesEmbedding SpectralEmbedding"""
_WORDS = "CountVectorizer TfidfVectorizer TfidfTransformer TextVectorization Tokenizer"
_SELECT = """\
SelectKBest SelectPercentile SelectFpr SelectFdr SelectFwe SelectFromModel RFE RFECV
VarianceThreshold GenericUnivariateSelect SequentialFeatureSelector BorutaPy ReliefF SFS EFS
DropConstantFeatures SmartCorrelatedSelection"""
_TARGET = """\
TargetEncoder LeaveOneOutEncoder CatBoostEncoder JamesSteinEncoder MEstimateEncoder WOEEncoder
GLMMEncoder QuantileEncoder SummaryEncoder MeanEncoder WOE OptimalBinning BinningProcess"""
_CODES = """\
LabelEncoder OneHotEncoder OrdinalEncoder LabelBinarizer MultiLabelBinarizer FeatureHasher
DictVectorizer HashingVectorizer PolynomialFeatures FunctionTransformer Binarizer Normalizer
BinaryEncoder HashingEncoder BaseNEncoder HelmertEncoder SumEncoder BackwardDifferenceEncoder
MissingIndicator GaussianRandomProjection SparseRandomProjection RBFSampler AdditiveChi2Sampler
SkewedChi2Sampler PolynomialCountSketch StringLookup IntegerLookup CategoryEncoding Hashing
Rescaling Resizing PatchExtractor SparseCoder KNeighborsTransformer RadiusNeighborsTransformer"""
_OVER = """\
SMOTE SMOTENC SMOTEN ADASYN BorderlineSMOTE SVMSMOTE KMeansSMOTE RandomOverSampler SMOTEENN
SMOTETomek"""
_UNDER = """\
RandomUnderSampler TomekLinks NearMiss EditedNearestNeighbours RepeatedEditedNearestNeighbours
AllKNN ClusterCentroids CondensedNearestNeighbour OneSidedSelection NeighbourhoodCleaningRule
InstanceHardnessThreshold"""
_CLUSTER = """\
KMeans MiniBatchKMeans BisectingKMeans DBSCAN HDBSCAN OPTICS AgglomerativeClustering Birch
MeanShift SpectralClustering AffinityPropagation GaussianMixture BayesianGaussianMixture KModes
KPrototypes"""
_OUTLIER = "IsolationForest LocalOutlierFactor EllipticEnvelope OneClassSVM COPOD ECOD"
_MODEL = """\
LogisticRegression LinearRegression Ridge RidgeCV Lasso LassoCV ElasticNet ElasticNetCV
SGDClassifier SVC SVR LinearSVC LinearSVR NuSVC NuSVR GaussianNB MultinomialNB BernoulliNB
ComplementNB CategoricalNB Perceptron Lars LassoLars BayesianRidge ARDRegression HuberRegressor
KernelRidge LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis PLSRegression PLSCanonical
Sequential Model Functional KerasClassifier KerasRegressor Prophet ARIMA SARIMAX AutoARIMA
LogisticRegressionCV RidgeClassifierCV LassoLarsCV XGBModel LGBMModel CatBoost Booster
TabNetClassifier CalibratedClassifierCV IsotonicRegression OLS Logit Learner NeuralNetClassifier
NeuralNetRegressor TransformedTargetRegressor OneVsRestClassifier OneVsOneClassifier
LabelPropagation LabelSpreading MLP ExponentialSmoothing Trainer H2OAutoML TPOT"""
_SEARCH = """\
GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV BayesSearchCV
TuneSearchCV OptunaSearchCV EvolutionaryFS GASearchCV"""
_PIPE = "Pipeline FeatureUnion ColumnTransformer DataFrameMapper"

KINDS: dict[str, str] = {
    name: kind
    for kind, names in {
        "scale": _SCALE,
        "bin": _BINS,
        "impute": _IMPUTE,
        "reduce": _REDUCE,
        "words": _WORDS,
        "select": _SELECT,
        "target": _TARGET,
        "codes": _CODES,
        "over": _OVER,
        "under": _UNDER,
        "cluster": _CLUSTER,
        "outlier": _OUTLIER,
        "model": _MODEL,
        "search": _SEARCH,
        "pipeline": _PIPE,
    }.items()
    for name in names.split()
}
_MODEL_NAME = re.compile(
    r"(?:Classifier|Regressor|Regression|ClassifierCV|RegressorCV|ForSequenceClassification|Fitter|NB|LM|Estimator)$"
)
_OTHER_NAMES = (
    (re.compile(r"Scaler$|Normalization$"), "scale"),
    (re.compile(r"Imputer$"), "impute"),
    (re.compile(r"Vectorizer$"), "words"),
    (re.compile(r"Selector$|Selection$|^Select[A-Z]"), "select"),
    (re.compile(r"SMOTE|OverSampler$"), "over"),
    (re.compile(r"UnderSampler$"), "under"),
)

_NOTHING_LEARNT = ("imgaug", "albumentations", "torchvision.transforms", "audiomentations", "kornia.augmentation")

UNSUPERVISED_SELECTORS = {"VarianceThreshold", "DropConstantFeatures", "SmartCorrelatedSelection"}
TRANSFORMS = {"scale", "bin", "impute", "reduce", "words", "select", "target", "transform"}
BORING = {"codes", "outlier"}  # what they learn is a list of categories, or rows to leave out

BUILDERS = {  # functions that return an estimator
    "make_pipeline": "pipeline",
    "make_imb_pipeline": "pipeline",
    "make_column_transformer": "pipeline",
    "make_union": "pipeline",
    "load_model": "model",
    "build_model": "model",
    "create_model": "model",
    "clone_model": "model",
    "early_stopping": "",
}

CROSS_VALIDATION = {
    "cross_val_score",
    "cross_validate",
    "cross_val_predict",
    "permutation_test_score",
    "validation_curve",
    "learning_curve",
}

SPLITTERS = {
    "KFold",
    "StratifiedKFold",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedShuffleSplit",
    "GroupKFold",
    "StratifiedGroupKFold",
    "GroupShuffleSplit",
    "LeaveOneGroupOut",
    "LeavePGroupsOut",
    "LeaveOneOut",
    "LeavePOut",
    "TimeSeriesSplit",
    "PredefinedSplit",
    "PurgedKFold",
    "BlockingTimeSeriesSplit",
    "SlidingWindowSplitter",
    "ExpandingWindowSplitter",
    "MultilabelStratifiedKFold",
}
ALWAYS_SHUFFLED = {
    "ShuffleSplit",
    "StratifiedShuffleSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "GroupShuffleSplit",
}
FORMULA = re.compile(r"(?<![~<>=!])~(?![~=])")  # `y ~ a + b`, as R and statsmodels write a model
KEEPS_TIME = {
    "TimeSeriesSplit",
    "PurgedKFold",
    "BlockingTimeSeriesSplit",
    "SlidingWindowSplitter",
    "ExpandingWindowSplitter",
}

STATISTICS = {
    "mean", "median", "std", "var", "min", "max", "quantile", "mode", "skew", "kurt", "kurtosis", "mad", "sem",
    "amin", "amax", "nanmean", "nanmedian", "nanstd", "nanmin", "nanmax", "nanvar", "percentile",
    "nanpercentile", "nanquantile", "average", "ptp", "reduce_mean", "reduce_std", "reduce_max", "std_mean",
    "var_mean", "norm", "describe", "agg", "aggregate",
}  # fmt: skip
CORRELATIONS = {"corr", "corrwith", "cov", "corrcoef"}

METRICS = {
    "accuracy_score",
    "balanced_accuracy_score",
    "f1_score",
    "fbeta_score",
    "precision_score",
    "recall_score",
    "roc_auc_score",
    "average_precision_score",
    "log_loss",
    "brier_score_loss",
    "matthews_corrcoef",
    "cohen_kappa_score",
    "confusion_matrix",
    "zero_one_loss",
    "classification_report",
    "mean_squared_error",
    "mean_absolute_error",
    "root_mean_squared_error",
    "mean_absolute_percentage_error",
    "median_absolute_error",
    "r2_score",
    "explained_variance_score",
    "max_error",
    "mean_squared_log_error",
    "hamming_loss",
    "jaccard_score",
    "hinge_loss",
    "top_k_accuracy_score",
    "ndcg_score",
    "mean_pinball_loss",
    "mean_poisson_deviance",
    "precision_recall_fscore_support",
    "multilabel_confusion_matrix",
    "d2_absolute_error_score",
    "root_mean_squared_log_error",
    "auc",
    "rmse",
    "mape",
    "smape",
    "mae",
    "mse",
    "rmsle",
    "accuracy",
    "ConfusionMatrixDisplay",
    "from_predictions",
    "classification_report_imbalanced",
    "geometric_mean_score",
    "balanced_accuracy",
    "dcg_score",
    "roc_auc",
    "concordance_index",
    "binary_accuracy",
}
CURVES = {"roc_curve", "precision_recall_curve", "det_curve", "calibration_curve"}
LOADERS = re.compile(
    r"^(?:read_\w+|load_(?!model|weights|state)\w+|fetch_\w+|make_(?:classification|regression|blobs|moons|circles|\w*friedman\d?)"
    r"|loadtxt|genfromtxt|load|load_data|load_dataset|load_files|open_dataset|scan_csv|scan_parquet|DataReader|download"
    r"|list_files|glob|rglob|iglob|listdir|scandir|image_dataset_from_directory|text_dataset_from_directory|imread)$"
)
FILE_OF_RECORDS = re.compile(
    r"\.(?:csv|tsv|txt|jsonl|parquet|feather|xlsx?|arff|dat|data|npy|npz|mat|sav|dta|sas7bdat|orc|libsvm|svm)$"
)
READS = re.compile(r"^(?!save|write|to_|dump|log|open|print|exists|remove|join|print|is|show|set)[a-z]")
DATASETS = re.compile(
    r"^(?:MNIST|FashionMNIST|KMNIST|CIFAR\d+|SVHN|ImageFolder|STL10|EMNIST|IMDB|AG_NEWS|DatasetFolder)$"
)
DATA_NAME = re.compile(
    r"^(?:x|y|df\w*|data\w*|\w*_?data|\w*_df|features?|inputs?|texts?|corpus|images?|labels?|targets?|dataset|frame"
    r"|X\w*|Y\w*|x_\w+|y_\w+|series|ts|train\w*|test\w*|val\w*|\w+_(?:train|test|val|valid))$"
)
LABEL_NAME = re.compile(
    r"^(?:y|Y|ys|y_?\w*|Y_\w+|targets?|labels?|\w+_(?:labels?|targets?)|target_\w+|label_\w+|response|outcome|y\d|\w+_y)$"
)
_TRAIN = r"(?:^|_)(?:train|training|tr|trn|fit|dev_train)(?:\d|_|$)|^[Xxy]tr(?:ain)?\d?$|train"
_VALID = (
    r"(?:^|_)(?:val|valid|validation|dev|va|eval|cal|calib|calibration|es|holdin)(?:\d|_|$)"
    r"|^[Xxy]val?\d?$|valid"
)
_TEST = (
    r"(?:^|_)(?:test|testing|te|tst|holdout|hold_out|held_out|oos|out|unseen)(?:\d|_|$)"
    r"|^[Xxy]te(?:st)?\d?$|test"
)
SIDES = tuple(
    (side, re.compile(pattern, re.IGNORECASE))
    for side, pattern in (("train", _TRAIN), ("valid", _VALID), ("test", _TEST))
)


def kind_of(name: str) -> str:
    """Return what an estimator class learns, `""` where the name says nothing."""
    last = name.rsplit(".", 1)[-1]
    if name.startswith(_NOTHING_LEARNT):
        return ""
    if last in KINDS:
        if last == "Tokenizer" and not ("keras" in name or name == "Tokenizer" or name.startswith("tokenizers")):
            return "codes"
        return KINDS[last]
    if _MODEL_NAME.search(last):
        return "model"
    for pattern, kind in _OTHER_NAMES:
        if pattern.search(last):
            return kind
    return ""


def side_of(name: str) -> str:
    """Return which side of a split a variable's name speaks of: train, valid, test or `""`."""
    for side, pattern in SIDES:
        if pattern.search(name):
            return side
    return ""


def side_of_file(path: str) -> str:
    """Return which side of a split the name of a file speaks of: `data/test.csv`, but not `latest.csv`."""
    words = re.split(r"[^a-z]+", path.lower().rsplit("/", 1)[-1])
    return next((side_of(word) for word in words if word in {"train", "test", "valid", "val", "validation"}), "")
