from detect.train.dataset import Sample
def render_samples(folder, many, seed, names): return []
