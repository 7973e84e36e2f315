"""M5 as the post has it, in Keras 3 on TensorFlow: `python keras_m5.py DATA.npz EPOCHS BATCH SEED [WAY]`.

WAY: bf16 (mixed_bfloat16), and jit (with XLA; by itself Keras takes none on a processor), with commas between.
HEARTBEAT_THREADS: how many. SEED is of the weights alone: after `keras.utils.set_random_seed` every epoch of `fit`
would have the same batches. If DATA has weights, as PyTorch keeps them, training starts from them and takes the clips
in their order. The last line is JSON."""
import json,os,sys,time
os.environ.update(TF_CPP_MIN_LOG_LEVEL='3', KERAS_BACKEND='tensorflow')

import keras,numpy as np,tensorflow as tf
from keras import layers as L

def peak_mb():
    "The most memory that this process ever had; None but on Linux."
    try: return next(int(o.split()[1])/1000 for o in open('/proc/self/status') if o.startswith('VmHWM'))
    except OSError: return None

class Watch(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds,self.cpu,self.losses,self.steps = [],[],[],[]
    def on_epoch_begin(self, epoch, logs=None): self.start = time.perf_counter(),time.process_time()
    def on_train_batch_end(self, batch, logs=None): self.steps.append(logs['entropy'])
    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter()-self.start[0])
        self.cpu.append(time.process_time()-self.start[1])
        self.losses.append(logs['entropy'])

data,epochs,bs,seed = sys.argv[1],*map(int, sys.argv[2:5])
way = sys.argv[5].split(',') if len(sys.argv)>5 else []
if threads := int(os.environ.get('HEARTBEAT_THREADS', 0)):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
random = np.random.default_rng(seed)
def glorot(): return keras.initializers.GlorotUniform(seed=int(random.integers(2**31)))
if 'bf16' in way: keras.mixed_precision.set_global_policy('mixed_bfloat16')
x,y,*weights = np.load(data).values()
model = keras.Sequential([keras.Input((x.shape[-1], 1))])
for filters,kernel,stride in (128,80,4),(128,3,1),(256,3,1),(512,3,1):
    model.add(L.Conv1D(filters, kernel, strides=stride, padding='same', kernel_initializer=glorot(),
                       kernel_regularizer=keras.regularizers.l2(1e-4)))
    for layer in L.BatchNormalization(),L.Activation('relu'),L.MaxPooling1D(4): model.add(layer)
last = L.Dense(int(y.max())+1, activation='softmax', dtype='float32', kernel_initializer=glorot())
for layer in L.GlobalAveragePooling1D(),last: model.add(layer)
if weights: model.set_weights([o.T for o in weights]) # a kernel is (out, in, samples) there and (samples, in, out) here
entropy = keras.metrics.SparseCategoricalCrossentropy(name='entropy')
jit = True if 'jit' in way else 'auto'
model.compile(keras.optimizers.Adam(1e-3), 'sparse_categorical_crossentropy', metrics=['accuracy', entropy],
              jit_compile=jit)
watch = Watch()
model.fit(x.transpose(0, 2, 1), y, batch_size=bs, epochs=epochs, verbose=0, callbacks=[watch], shuffle=not weights)
versions = dict(keras=keras.__version__, tensorflow=tf.__version__)
said = {o:getattr(watch, o) for o in ('seconds', 'cpu', 'losses', 'steps')}
assert bool(model.jit_compile)==('jit' in way), 'Keras chose XLA, or left it, by itself'
print(json.dumps(dict(said, waits=[], jit=bool(model.jit_compile), versions=versions, peak_mb=peak_mb())))
