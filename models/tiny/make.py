"""Makes the tiny pair: two ONNX models of a few kB whose answers can be known without running them.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install onnx==1.23.2 onnxruntime==1.31.1
    /tmp/venv/bin/python models/tiny/make.py            # rewrites photo/ and overhead/, byte for byte

A pixel belongs to a material by how near its colour is to the material's:
    membership = max(0, 1 - |rgb - colour|^2 / radius^2)          with rgb in 0..1
The features are the mean memberships over the image, and logits = WEIGHTS . features + BIAS: so an image whose
left half is water and right half asphalt has exactly the mean of the logits of the two. Both views are the
same function; their cards differ in size, mean and std (swapping the cards breaks the tests).
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SCENES = [scene['name'] for scene in json.loads((ROOT / 'data' / 'scenes.json').read_text())]
RADIUS_SQUARED = 0.06
STRIDE = 32

# material: (sRGB 0..255, {scene: logit of an image of nothing else})
MATERIALS = {
    'water': ((40, 90, 150), {'harbor': 9, 'ocean': 8, 'lake/natural': 7.5, 'river': 7, 'pier': 6, 'coast': 5}),
    'forest': ((40, 80, 35), {'forest/broadleaf': 9, 'rainforest': 7, 'forest_path': 6.5, 'park': 5}),
    'field': ((140, 180, 80), {'field/cultivated': 9, 'pasture': 8, 'lawn': 6, 'soccer_field': 5.5, 'park': 5}),
    'sand': ((222, 196, 140), {'desert/sand': 9, 'beach': 7, 'badlands': 6, 'sandbox': 3}),
    'asphalt': ((110, 110, 112), {'parking_lot': 9, 'highway': 8.5, 'street': 7, 'crosswalk': 5, 'runway': 4}),
    'roof': ((165, 80, 60), {'residential_neighborhood': 9, 'house': 8, 'village': 7, 'slum': 4}),
    'concrete': ((205, 205, 200), {'downtown': 9, 'industrial_area': 8, 'office_building': 7, 'plaza': 6}),
    'turf': ((60, 160, 60), {'stadium/soccer': 9, 'soccer_field': 8.5, 'football_field': 8, 'golf_course': 6}),
}
BIAS = -1.0
VIEWS = {
    'photo': {'view': 'ground', 'size': [64, 96], 'mean': [0.5, 0.45, 0.4], 'std': [0.25, 0.2, 0.3]},
    'overhead': {'view': 'overhead', 'size': [224, 224], 'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225]},
}


def weights() -> np.ndarray:
    """float32[365, materials]; every other scene gets a small fixed number, so no two columns are alike."""
    w = np.empty((len(SCENES), len(MATERIALS)), np.float32)
    for c in range(len(SCENES)):
        for k in range(len(MATERIALS)):
            w[c, k] = ((c * 37 + k * 101) % 64 - 32) / 64
    for k, (_, scenes) in enumerate(MATERIALS.values()):
        for scene, logit in scenes.items():
            w[SCENES.index(scene), k] = logit - BIAS
    return w


def membership_layer(mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kernels of `1 - |rgb - colour|^2 / r^2` as a function of the normalised image z: rgb = std z + mean."""
    colours = np.array([rgb for rgb, _ in MATERIALS.values()]) / 255
    offset = mean - colours  # rgb - colour = std z + offset
    square = np.tile(-(std**2) / RADIUS_SQUARED, (len(colours), 1))
    linear = -2 * std * offset / RADIUS_SQUARED
    constant = 1 - (offset**2).sum(1) / RADIUS_SQUARED
    return square, linear, constant


def graph(view: dict) -> onnx.ModelProto:
    square, linear, constant = membership_layer(np.array(view['mean']), np.array(view['std']))
    kernel = np.concatenate([square, linear], 1).astype(np.float32)[:, :, None, None]
    w = weights()
    arrays = {
        'kernel': kernel,
        'constant': constant.astype(np.float32),
        'weights': w[:, :, None, None],
        'bias': np.full(len(SCENES), BIAS, np.float32),
    }
    nodes = [
        helper.make_node('Mul', ['image', 'image'], ['squares']),
        helper.make_node('Concat', ['squares', 'image'], ['both'], axis=1),
        helper.make_node('Conv', ['both', 'kernel', 'constant'], ['raw'], kernel_shape=[1, 1]),
        helper.make_node('Relu', ['raw'], ['memberships']),
        helper.make_node('GlobalAveragePool', ['memberships'], ['pooled']),
        helper.make_node('Conv', ['pooled', 'weights', 'bias'], ['scored'], kernel_shape=[1, 1]),
        helper.make_node('Flatten', ['scored'], ['logits'], axis=1),
    ]
    outputs = [helper.make_tensor_value_info('logits', TensorProto.FLOAT, ['n', len(SCENES)])]
    if view['view'] == 'overhead':
        pool = {'kernel_shape': [STRIDE, STRIDE], 'strides': [STRIDE, STRIDE]}
        nodes += [
            helper.make_node('Flatten', ['pooled'], ['features'], axis=1),
            helper.make_node('AveragePool', ['memberships'], ['coarse'], **pool),
            helper.make_node('Conv', ['coarse', 'weights', 'bias'], ['logitsmap'], kernel_shape=[1, 1]),
        ]
        outputs += [
            helper.make_tensor_value_info('features', TensorProto.FLOAT, ['n', len(MATERIALS)]),
            helper.make_tensor_value_info('logitsmap', TensorProto.FLOAT, ['n', len(SCENES), 'hm', 'wm']),
        ]
    image = helper.make_tensor_value_info('image', TensorProto.FLOAT, ['n', 3, 'h', 'w'])
    initializers = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    body = helper.make_graph(nodes, 'tiny', [image], outputs, initializers)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid('', 17)], producer_name='whereabouts')
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def logits_of(rgb: np.ndarray) -> np.ndarray:
    """The same function without ONNX: `float[n, h, w, 3]` in 0..255 -> `float[n, 365]`."""
    colours = np.array([c for c, _ in MATERIALS.values()]) / 255
    distance = ((rgb[..., None, :] / 255 - colours) ** 2).sum(-1)
    features = np.maximum(0, 1 - distance / RADIUS_SQUARED).mean((1, 2))
    return features @ weights().T.astype(float) + BIAS


def statistics() -> dict:
    """Mean and deviation over seeded images, each cut into four quarters of one material."""
    rng = np.random.default_rng(1)
    colours = np.array([c for c, _ in MATERIALS.values()])
    quarters = colours[rng.integers(0, len(colours), (2000, 2, 2))] + rng.normal(0, 8, (2000, 2, 2, 3))
    logits = logits_of(quarters)
    return {
        'mean': logits.mean(0).round(4).tolist(),
        'std': logits.std(0).round(4).tolist(),
        'over': '2,000 drawn images of four materials each (seed 1)',
    }


def parity(size: list[int]) -> dict:
    height, width = size
    y, x, c = np.meshgrid(range(height), range(width), range(3), indexing='ij')
    logits = logits_of(((7 * x + 13 * y + 29 * c) % 256)[None])
    return {
        'pattern': f'(7x + 13y + 29c) mod 256, {height} rows x {width} columns, x right, y down, c = 0 R 1 G 2 B',
        'logits_first_8': logits[0, :8].round(4).tolist(),
    }


def card(name: str, view: dict, model: bytes) -> dict:
    result = {
        'name': f'tiny/{name}',
        'view': view['view'],
        'file': 'model.onnx',
        'bytes': len(model),
        'sha256': hashlib.sha256(model).hexdigest(),
        'size': view['size'],
        'input': {
            'name': 'image',
            'layout': 'NCHW',
            'channels': 'RGB',
            'dtype': 'float32',
            'scale': 1 / 255,
            'mean': view['mean'],
            'std': view['std'],
        },
        'space': 'places365',
        'classes': len(SCENES),
        'outputs': {'logits': ['n', len(SCENES)]},
        'stats': statistics(),
        'parity': parity(view['size']),
        'licence': 'Apache-2.0',
        'trainingData': 'none: the weights are written by models/tiny/make.py',
    }
    if view['view'] == 'ground':
        return result | {'resize': {'mode': 'squash', 'kernel': 'bicubic'}}
    outputs = {'features': ['n', len(MATERIALS)], 'logitsmap': ['n', len(SCENES), f'h/{STRIDE}', f'w/{STRIDE}']}
    overhead = {'gsd': 0.5, 'dynamic': ['height', 'width'], 'stride': STRIDE}
    return result | overhead | {'outputs': result['outputs'] | outputs}


def main() -> None:
    for name, view in VIEWS.items():
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        model = graph(view).SerializeToString()
        (folder / 'model.onnx').write_bytes(model)
        (folder / 'model.json').write_text(json.dumps(card(name, view, model), indent=1) + '\n')
        print(name, len(model), 'bytes')


if __name__ == '__main__':
    main()
