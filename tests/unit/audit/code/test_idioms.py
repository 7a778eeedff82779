"""Idioms of pandas, scikit-learn, Keras, PyTorch and the boosters: what is found on which line.

A line's comment `#! check-name` says what must be found there; a line without one must have no finding.
"""

import re

import pytest

from holdfast.audit import catalogue
from holdfast.audit.code import code_of
from holdfast.audit.runner import Facts, run_check

SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"

IDIOMS = {
    "min and max by hand": """
df = pd.read_csv('a.csv')
df['a'] = (df['a'] - df['a'].min()) / (df['a'].max() - df['a'].min()) #! fit-before-split
train, test = train_test_split(df, random_state=0)
""",
    "apply with a lambda": """
df = pd.read_csv('a.csv')
df = df.apply(lambda c: (c - c.mean()) / c.std()) #! fit-before-split
train, test = train_test_split(df, random_state=0)
""",
    "apply along rows": """
df = pd.read_csv('a.csv')
df = df.apply(lambda r: r / r.sum(), axis=1)
df['m'] = df.mean(axis=1)
train, test = train_test_split(df, random_state=0)
""",
    "zscore": """
df = pd.read_csv('a.csv')
df = df.apply(zscore) #! fit-before-split
train, test = train_test_split(df, random_state=0)
""",
    "polars expressions": """
df = pl.read_csv('a.csv')
df = df.with_columns((pl.col('a') - pl.col('a').mean()) / pl.col('a').std()) #! fit-before-split
train, test = train_test_split(df, random_state=0)
""",
    "gaps filled in place": """
df = pd.read_csv('a.csv')
df['a'].fillna(df['a'].mode()[0], inplace=True) #! fit-before-split
df['b'].fillna('none', inplace=True)
train, test = train_test_split(df, random_state=0)
""",
    "gaps filled by where": """
df = pd.read_csv('a.csv')
df['a'] = np.where(df['a'].isna(), df['a'].median(), df['a']) #! fit-before-split
train, test = train_test_split(df, random_state=0)
""",
    "fit in a chain": """
X = StandardScaler().fit(X).transform(X) #! fit-before-split
"""
    + SPLIT,
    "fitted on all, applied to both sides": """
scaler = MinMaxScaler()
scaler.fit(X) #! fit-before-split
"""
    + SPLIT
    + """X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
print(SVC().fit(X_train, y_train).score(X_test, y_test))
""",
    "fitted in a function": """
def prepare(frame):
    scaler = StandardScaler()
    frame[['a', 'b']] = scaler.fit_transform(frame[['a', 'b']]) #! fit-before-split
    return frame
df = prepare(pd.read_csv('a.csv'))
train, test = train_test_split(df, random_state=0)
""",
    "the same function on the training rows": """
def prepare(frame, scaler):
    frame[['a', 'b']] = scaler.transform(frame[['a', 'b']])
    return frame
df = pd.read_csv('a.csv')
train, test = train_test_split(df, random_state=0)
scaler = StandardScaler().fit(train[['a', 'b']])
train, test = prepare(train, scaler), prepare(test, scaler)
""",
    "a method of a class": """
class Experiment:
    def __init__(self, path):
        self.X, self.y = load_data(path), load_labels(path)
    def scale(self):
        self.X = StandardScaler().fit_transform(self.X) #! fit-before-split
    def split(self):
        return train_test_split(self.X, self.y, random_state=0)
e = Experiment('a')
e.scale()
e.split()
""",
    "harmless encoders": """
df = pd.read_csv('a.csv')
df['c'] = LabelEncoder().fit_transform(df['c'])
df = pd.get_dummies(df)
X = ColumnTransformer([('o', OneHotEncoder(), ['d'])]).fit_transform(df)
X = np.log1p(X)
train, test = train_test_split(X, random_state=0)
""",
    "pipeline of scalers": """
X = make_pipeline(SimpleImputer(), StandardScaler()).fit_transform(X) #! fit-before-split
print(cross_val_score(SVC(), X, y))
""",
    "column transformer in a pipeline": """
prep = ColumnTransformer([('n', StandardScaler(), num), ('c', OneHotEncoder(), cat)])
model = Pipeline([('prep', prep), ('svc', SVC())])
print(cross_val_score(model, X, y))
""",
    "scaled for pictures only": """
df = pd.read_csv('a.csv')
points = PCA(2).fit_transform(StandardScaler().fit_transform(df))
plt.scatter(points[:, 0], points[:, 1])
train, test = train_test_split(df, random_state=0)
""",
    "cut by position": """
df = pd.read_csv('a.csv')
values = StandardScaler().fit_transform(df) #! fit-before-split
n = int(len(values) * 0.8)
train, test = values[:n], values[n:]
""",
    "cut by date": """
df = pd.read_csv('a.csv')
df['x'] = df['x'] / df['x'].std() #! fit-before-split
train = df[df['date'] < '2020-01-01']
test = df[df['date'] >= '2020-01-01']
""",
    "cut by query": """
df = pd.read_csv('a.csv')
df['x'] = df['x'] - df['x'].mean() #! fit-before-split
train, test = df.query('year < 2015'), df.query('year >= 2015')
""",
    "folds by hand": """
X = StandardScaler().fit_transform(X) #! fit-before-split
for tr, te in StratifiedKFold(5).split(X, y):
    model = SVC().fit(X[tr], y[tr])
    print(model.score(X[te], y[te]))
""",
    "folds by hand, scaled inside": """
for tr, te in StratifiedKFold(5).split(X, y):
    scaler = StandardScaler().fit(X[tr])
    model = SVC().fit(scaler.transform(X[tr]), y[tr])
    print(model.score(scaler.transform(X[te]), y[te]))
""",
    "scaled training rows in a search": SPLIT
    + """scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
search = GridSearchCV(SVC(), {'C': [1, 10]}, cv=5).fit(X_train, y_train)
print(search.score(X_test, y_test))
""",
    "final fit on everything": SPLIT
    + """model = make_pipeline(StandardScaler(), SVC()).fit(X_train, y_train)
print(model.score(X_test, y_test))
model.fit(X, y)
dump(model, 'model.joblib')
""",
    "model fitted on everything in each fold": """
for tr, te in KFold(5).split(X):
    model = SVC().fit(X, y) #! fit-on-test
    print(model.score(X[te], y[te]))
""",
    "predictions as a feature": """
df['guess'] = RandomForestClassifier().fit(df[cols], df['y']).predict(df[cols]) #! fit-before-split
train, test = train_test_split(df, random_state=0)
""",
    "tables put one below the other": """
df = pd.read_csv('a.csv')
more = df.copy()
more['x'] = more['x'] + np.random.normal(size=len(more))
df = pd.concat([df, more]) #! augment-before-split
train, test = train_test_split(df, random_state=0)
""",
    "a table times three": """
df = pd.read_csv('a.csv')
df = pd.concat([df] * 3) #! augment-before-split
train, test = train_test_split(df, random_state=0)
""",
    "one list, two arms": """
kept = []
for image in np.load('a.npy'):
    if image.sum() > 0:
        kept.append(image)
    else:
        kept.append(-image)
train, test = train_test_split(np.array(kept), random_state=0)
""",
    "drawn with replacement": """
df = pd.read_csv('a.csv')
df = df.sample(n=1000, replace=True, random_state=0) #! resample-before-split
train, test = train_test_split(df, random_state=0)
""",
    "mutual information": """
mi = pd.Series(mutual_info_classif(X, y), index=X.columns) #! select-before-split
X = X[mi.sort_values(ascending=False).head(10).index]
"""
    + SPLIT,
    "columns in a loop": """
df = pd.read_csv('a.csv')
keep = []
for c in df.columns:
    if abs(df[c].corr(df['y'])) > 0.1:
        keep.append(c)
X, y = df[keep], df['y'] #! select-before-split
"""
    + SPLIT,
    "mapped means": """
df = pd.read_csv('a.csv')
df['te'] = df['c'].map(df.groupby('c')['y'].mean()) #! encode-target-before-split
X, y = df.drop(columns=['y', 'c']), df['y']
"""
    + SPLIT,
    "merged means": """
df = pd.read_csv('a.csv')
means = df.groupby('c')['y'].mean().rename('te').reset_index() #! encode-target-before-split
df = df.merge(means, on='c')
X, y = df[['te', 'x']], df['y']
"""
    + SPLIT,
    "a table by user": """
log = pd.read_csv('log.csv')
df = log.groupby('user').agg({'spent': 'mean', 'visits': 'sum'})
train, test = train_test_split(df, random_state=0)
""",
    "loop over neighbours": SPLIT
    + """errors = []
for k in range(1, 40):
    knn = KNeighborsClassifier(n_neighbors=k)
    knn.fit(X_train, y_train)
    errors.append(np.mean(knn.predict(X_test) != y_test)) #! test-used-for-tuning
plt.plot(errors)
""",
    "loop over neighbours, cross-validated": SPLIT
    + """errors = []
for k in range(1, 40):
    errors.append(cross_val_score(KNeighborsClassifier(n_neighbors=k), X_train, y_train).mean())
knn = KNeighborsClassifier(n_neighbors=int(np.argmax(errors)) + 1).fit(X_train, y_train)
print(knn.score(X_test, y_test))
""",
    "an objective": SPLIT
    + """def objective(trial):
    model = SVC(C=trial.suggest_float('C', 0.1, 10)).fit(X_train, y_train)
    return accuracy_score(y_test, model.predict(X_test)) #! test-used-for-tuning
study = optuna.create_study()
study.optimize(objective, n_trials=20)
""",
    "a threshold": SPLIT
    + """model = SVC(probability=True).fit(X_train, y_train)
p = model.predict_proba(X_test)[:, 1]
fpr, tpr, thresholds = roc_curve(y_test, p) #! test-used-for-tuning
best = thresholds[np.argmax(tpr - fpr)]
print(f1_score(y_test, p > best))
""",
    "a curve to look at": SPLIT
    + """model = SVC(probability=True).fit(X_train, y_train)
fpr, tpr, _ = roc_curve(y_test, model.predict_proba(X_test)[:, 1])
plt.plot(fpr, tpr)
print(auc(fpr, tpr))
""",
    "Keras with early stopping": SPLIT
    + """model = Sequential([Dense(1)])
model.compile('adam', 'mse')
stop = EarlyStopping(patience=3)
model.fit(X_train, y_train, validation_data=(X_test, y_test), callbacks=[stop]) #! test-used-for-tuning
print(model.evaluate(X_test, y_test))
""",
    "Keras that only watches": SPLIT
    + """model = Sequential([Dense(1)])
model.compile('adam', 'mse')
model.fit(X_train, y_train, validation_data=(X_test, y_test), epochs=5)
print(model.evaluate(X_test, y_test))
""",
    "a PyTorch loop": """
train_set, test_set = random_split(dataset, [800, 200], generator=torch.Generator().manual_seed(0))
train_loader, test_loader = DataLoader(train_set), DataLoader(test_set)
net = nn.Sequential(nn.Linear(3, 1))
best = 0
for epoch in range(10):
    for x, y in train_loader:
        loss = criterion(net(x), y)
        loss.backward()
    hits = 0
    for x, y in test_loader:
        hits += (net(x).argmax(1) == y).sum().item() #! test-used-for-tuning
    if hits > best:
        best = hits
        torch.save(net.state_dict(), 'best.pt')
""",
    "samplers": """
idx = np.random.RandomState(0).permutation(len(dataset))
train_loader = DataLoader(dataset, sampler=SubsetRandomSampler(idx[:800]))
test_loader = DataLoader(dataset, sampler=SubsetRandomSampler(idx[800:]))
net = nn.Sequential(nn.Linear(3, 1))
for x, y in train_loader:
    criterion(net(x), y).backward()
for x, y in test_loader:
    print((net(x).argmax(1) == y).float().mean())
""",
    "CatBoost stops by itself": SPLIT
    + """model = CatBoostClassifier()
model.fit(X_train, y_train, eval_set=(X_test, y_test)) #! test-used-for-tuning
print(model.score(X_test, y_test))
""",
    "walk forward": """
series = pd.read_csv('a.csv')['x'].values
for i in range(100, len(series)):
    model = Ridge().fit(lags(series[:i]), series[:i])
    print(mean_squared_error(series[i:i + 1], model.predict(lags(series[i:i + 1]))))
""",
    "windows at random": """
values = pd.read_csv('a.csv')['x'].values
X, y = [], []
for i in range(len(values) - 10):
    X.append(values[i:i + 10])
    y.append(values[i + 10])
X_train, X_test, y_train, y_test = train_test_split(np.array(X), np.array(y), random_state=0) #! random-split-of-series
""",
    "two random splits": """
a_train, _ = train_test_split(df, random_state=1)
_, a_test = train_test_split(df, random_state=2) #! overlapping-split
model = SVC().fit(a_train[['a']], a_train['y'])
print(model.score(a_test[['a']], a_test['y']))
""",
    "X and y split with one seed": """
X_train, X_test = train_test_split(X, test_size=0.2, random_state=1)
y_train, y_test = train_test_split(y, test_size=0.2, random_state=1)
print(SVC().fit(X_train, y_train).score(X_test, y_test))
""",
    "a fold column": """
df['fold'] = -1
for number, (_, rows) in enumerate(KFold(5, shuffle=True, random_state=0).split(df)):
    df.loc[rows, 'fold'] = number
for fold in range(5):
    train, valid = df[df.fold != fold], df[df.fold == fold]
    model = SVC().fit(train[['a']], train['y'])
    print(model.score(valid[['a']], valid['y']))
""",
    "index split": """
df = pd.read_csv('a.csv')
df['x'] = StandardScaler().fit_transform(df[['x']]) #! fit-before-split
train_idx, test_idx = train_test_split(df.index, random_state=0)
train, test = df.loc[train_idx], df.loc[test_idx]
""",
    "arange split clean": """
idx_train, idx_test = train_test_split(np.arange(len(X)), random_state=0)
scaler = StandardScaler().fit(X[idx_train])
model = SVC().fit(scaler.transform(X[idx_train]), y[idx_train])
print(model.score(scaler.transform(X[idx_test]), y[idx_test]))
""",
    "is_train column": """
np.random.seed(0)
df = pd.read_csv('a.csv')
df['x'] = (df['x'] - df['x'].mean()) #! fit-before-split
df['is_train'] = np.random.uniform(0, 1, len(df)) <= .75
train, test = df[df['is_train'] == True], df[df['is_train'] == False]
model = SVC().fit(train[['x']], train['y'])
print(model.score(test[['x']], test['y']))
""",
    "sss loop": """
sss = StratifiedShuffleSplit(n_splits=1, test_size=0.2, random_state=0)
for train_index, test_index in sss.split(df, df['y']):
    train, test = df.loc[train_index], df.loc[test_index]
X_train = train.drop('y', axis=1)
imputer = SimpleImputer()
X_train = imputer.fit_transform(X_train)
X_test = imputer.transform(test.drop('y', axis=1))
m = LinearRegression().fit(X_train, train['y'])
print(mean_squared_error(test['y'], m.predict(X_test)))
""",
    "six values": """
def split(X, y):
    X_train, X_tmp, y_train, y_tmp = train_test_split(X, y, test_size=0.4, random_state=0)
    X_val, X_test, y_val, y_test = train_test_split(X_tmp, y_tmp, test_size=0.5, random_state=0)
    return X_train, X_val, X_test, y_train, y_val, y_test
X_train, X_val, X_test, y_train, y_val, y_test = split(X, y)
model = keras.Sequential([Dense(1)])
model.fit(X_train, y_train, validation_data=(X_val, y_val), callbacks=[EarlyStopping()])
print(model.evaluate(X_test, y_test))
""",
    "mnist mean clean": """
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.astype('float32') / 255
x_test = x_test.astype('float32') / 255
mean, std = x_train.mean(), x_train.std()
x_train, x_test = (x_train - mean) / std, (x_test - mean) / std
model = Sequential([Dense(1)])
model.fit(x_train, y_train, validation_data=(x_test, y_test))
print(model.evaluate(x_test, y_test))
""",
    "target scaler clean": SPLIT
    + """
sy = StandardScaler()
y_train_s = sy.fit_transform(y_train.values.reshape(-1, 1))
m = SVR().fit(X_train, y_train_s)
print(r2_score(y_test, sy.inverse_transform(m.predict(X_test).reshape(-1, 1))))
""",
    "ts cv clean": """
df = pd.read_csv('a.csv', parse_dates=['d']).sort_values('d')
df['lag1'] = df['x'].shift(1)
df = df.dropna()
for tr, te in TimeSeriesSplit(5).split(df):
    sc = StandardScaler().fit(df.iloc[tr][['lag1']])
    m = Ridge().fit(sc.transform(df.iloc[tr][['lag1']]), df.iloc[tr]['x'])
    print(mean_absolute_error(df.iloc[te]['x'], m.predict(sc.transform(df.iloc[te][['lag1']]))))
""",
    "kfold on series": """
df = pd.read_csv('a.csv', parse_dates=['d'])
df['lag1'] = df['x'].shift(1)
df = df.dropna()
kf = KFold(5, shuffle=True, random_state=0) #! random-split-of-series
print(cross_val_score(Ridge(), df[['lag1']], df['x'], cv=kf))
""",
    "main with args": """
def load():
    df = pd.read_csv('a.csv')
    return df.drop('y', axis=1), df['y']
def preprocess(X_train, X_test):
    s = StandardScaler()
    return s.fit_transform(X_train), s.transform(X_test)
def main():
    X, y = load()
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    X_train, X_test = preprocess(X_train, X_test)
    for model in [LogisticRegression(), SVC()]:
        model.fit(X_train, y_train)
        print(classification_report(y_test, model.predict(X_test)))
if __name__ == '__main__':
    main()
""",
    "text leak": """
df = pd.read_csv('a.csv')
cv = CountVectorizer()
X = cv.fit_transform(df['text']) #! fit-before-split
X_train, X_test, y_train, y_test = train_test_split(X, df['label'], random_state=0)
nb = MultinomialNB().fit(X_train, y_train)
print(nb.score(X_test, y_test))
""",
    "keras tokenizer on train": """
X_train, X_test, y_train, y_test = train_test_split(df['text'], df['y'], random_state=0)
tok = Tokenizer(num_words=1000)
tok.fit_on_texts(X_train)
maxlen = max(len(x) for x in tok.texts_to_sequences(X_train))
a = pad_sequences(tok.texts_to_sequences(X_train), maxlen=maxlen)
b = pad_sequences(tok.texts_to_sequences(X_test), maxlen=maxlen)
m = Sequential([Embedding(1000, 8)])
m.fit(a, y_train)
print(m.evaluate(b, y_test))
""",
    "best epoch from history": SPLIT
    + """
m = Sequential([Dense(1)])
h = m.fit(X_train, y_train, validation_data=(X_test, y_test), epochs=50)
best = np.argmax(h.history['val_accuracy']) #! test-used-for-tuning
print(best)
""",
    "resample then cv": """
X_res, y_res = SMOTE(random_state=0).fit_resample(X, y) #! resample-before-split
print(cross_val_score(RandomForestClassifier(), X_res, y_res, cv=5).mean())
""",
    "outliers of all rows, then split": """
df = pd.read_csv('a.csv')
q1, q3 = df['x'].quantile(.25), df['x'].quantile(.75)
df = df[(df['x'] > q1 - 1.5 * (q3 - q1)) & (df['x'] < q3 + 1.5 * (q3 - q1))] #! fit-before-split
train, test = train_test_split(df, random_state=0)
""",
    "vif and corr plot clean": """
df = pd.read_csv('a.csv')
corr = df.corr()
print(corr['y'].sort_values(ascending=False))
df = df.drop(columns=['a', 'b'])
train, test = train_test_split(df, random_state=0)
""",
    "drop highly correlated": """
df = pd.read_csv('a.csv')
corr = df.corr().abs()
upper = corr.where(np.triu(np.ones(corr.shape), k=1).astype(bool))
to_drop = [c for c in upper.columns if any(upper[c] > 0.95)]
df = df.drop(columns=to_drop) #! select-before-split
train, test = train_test_split(df, random_state=0)
""",
    "stacking oof clean": SPLIT
    + """
oof = cross_val_predict(RandomForestClassifier(), X_train, y_train, cv=5)
meta = LogisticRegression().fit(oof.reshape(-1, 1), y_train)
rf = RandomForestClassifier().fit(X_train, y_train)
print(meta.score(rf.predict(X_test).reshape(-1, 1), y_test))
""",
    "optuna clean": """
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
X_tr, X_val, y_tr, y_val = train_test_split(X_train, y_train, random_state=0)
def objective(trial):
    m = LGBMClassifier(n_estimators=trial.suggest_int('n', 10, 100)).fit(X_tr, y_tr)
    return accuracy_score(y_val, m.predict(X_val))
study = optuna.create_study(); study.optimize(objective, n_trials=9)
m = LGBMClassifier(**study.best_params).fit(X_train, y_train)
print(accuracy_score(y_test, m.predict(X_test)))
""",
    "seasonal": """
df = pd.read_csv('a.csv', index_col='date', parse_dates=True)
df['trend'] = seasonal_decompose(df['x']).trend #! future-shift
X, y = df[['trend']], df['x']
X_train, X_test, y_train, y_test = train_test_split(X, y, shuffle=False)
m = Ridge().fit(X_train, y_train)
print(m.score(X_test, y_test))
""",
}


def marked(text):
    lines = text.strip("\n").split("\n")
    wanted = set()
    for number, line in enumerate(lines, 1):
        if found := re.search(r"#! ([a-z-]+)$", line):
            wanted.add((found[1], number))
    return "\n".join(re.sub(r" *#!.*$", "", line) for line in lines) + "\n", wanted


@pytest.mark.parametrize("name", IDIOMS)
def test_idiom(name):
    source, wanted = marked(IDIOMS[name])
    facts = Facts({"code": code_of(source)})
    results = [run_check(check, facts) for check in catalogue.selected(("code",))]
    assert [result.trace for result in results if result.trace] == []
    assert {(result.check, f.locations[0].line) for result in results for f in result.findings} == wanted
