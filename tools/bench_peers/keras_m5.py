"""M5 as the post has it, in Keras 3 on TensorFlow: `python keras_m5.py DATA.npz EPOCHS BATCH SEED`.

The last line is JSON."""
import json,os,sys,time
from importlib.metadata import version
os.environ.update(TF_CPP_MIN_LOG_LEVEL='3', KERAS_BACKEND='tensorflow')

import keras,numpy as np
from keras import layers as L

class Watch(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds,self.losses = [],[]
    def on_epoch_begin(self, epoch, logs=None): self.start = time.perf_counter()
    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter()-self.start)
        self.losses.append(logs['entropy'])

data,epochs,bs,seed = sys.argv[1],*map(int, sys.argv[2:])
keras.utils.set_random_seed(seed)
x,y = np.load(data).values()
model = keras.Sequential([keras.Input((x.shape[-1], 1))])
for filters,kernel,stride in (128,80,4),(128,3,1),(256,3,1),(512,3,1):
    model.add(L.Conv1D(filters, kernel, strides=stride, padding='same', kernel_initializer='glorot_uniform',
                       kernel_regularizer=keras.regularizers.l2(1e-4)))
    for layer in L.BatchNormalization(),L.Activation('relu'),L.MaxPooling1D(4): model.add(layer)
for layer in L.GlobalAveragePooling1D(),L.Dense(int(y.max())+1, activation='softmax'): model.add(layer)
entropy = keras.metrics.SparseCategoricalCrossentropy(name='entropy')
model.compile(keras.optimizers.Adam(1e-3), 'sparse_categorical_crossentropy', metrics=['accuracy', entropy])
watch = Watch()
model.fit(x.transpose(0, 2, 1), y, batch_size=bs, epochs=epochs, verbose=0, callbacks=[watch])
versions = {o:version(o) for o in ('keras', 'tensorflow')}
print(json.dumps(dict(seconds=watch.seconds, losses=watch.losses, waits=[], versions=versions)))
