"""Two processes that train one network with DistributedDataParallel: the weights of one process with both batches."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not torch.distributed.is_available(), reason="torch without torch.distributed"),
]

from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.arrays import ADC  # noqa: E402
from memsim.errors import InputError  # noqa: E402
from memsim.networks.draws import Address  # noqa: E402
from memsim.torch.training import readout_noise  # noqa: E402

PROCESSES, STEPS, SAMPLES = 2, 5, 8
CASES = {
    "weight noise": (mt.Training(weight_noise=0.1, drop_connect=0.1, clip_sigma=2.0), {}),
    "device": (mt.Training(noise="device"), {"device": "pcm-joshi2020"}),
    "converters": (mt.Training(weight_noise=0.1), {"dac": 8, "adc": ADC(8, noise=0.1)}),
    "learned ranges": (mt.Training(weight_noise=0.1, learn_input_range=True), {"dac": 8, "adc": 8}),
}


def batches():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(STEPS, SAMPLES, 1, 8, 8, generator=generator).double()
    return x, torch.randint(0, 4, (STEPS, SAMPLES), generator=generator)


def fresh(case, calibrated=True):
    """A network with converters before training; calibrated with few inputs, so that some others are clipped."""
    training, hardware = CASES[case]
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 4)).double()
    model = mt.convert(layers, mt.Hardware(seed=3, **hardware), quiet=True)
    if "dac" in hardware and calibrated:
        mt.calibrate(model, batches()[0][0, :1])
    return mt.prepare(model, training).train()


def train(model, x, labels):
    optimiser = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    for k in range(STEPS):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x[k]), labels[k]).backward()
        optimiser.step()


def process(number, folder):
    """What one of the processes does: train all cases with its samples, and store the weights."""
    torch.set_num_threads(1)
    group = {"rank": number, "world_size": PROCESSES}
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/group", **group)
    part = slice(number * SAMPLES // PROCESSES, (number + 1) * SAMPLES // PROCESSES)
    x, labels = (values[:, part] for values in batches())
    for case in CASES:
        model = nn.parallel.DistributedDataParallel(fresh(case))
        train(model, x, labels)
        torch.save(model.module.state_dict(), folder / f"{case} {number}.pt")
    try:
        nn.parallel.DistributedDataParallel(fresh("learned ranges", calibrated=False))(x[0])
    except InputError as error:
        (folder / f"refusal {number}.txt").write_text(str(error))
    noise = readout_noise([torch.zeros(3, 4)] * 2, 1, 1.0, Address(1))  # of two tiles
    torch.save(torch.stack(noise), folder / f"noise {number}.pt")
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the processes stored their weights."""
    place = tmp_path_factory.mktemp("processes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOO_SOCKET_IFNAME", "lo")
        torch.multiprocessing.spawn(process, (place,), PROCESSES)
    return place


@pytest.mark.parametrize("case", CASES)
def test_two_processes_give_the_weights_ranges_and_counters_of_one(folder, case):
    model, start = fresh(case), fresh(case).state_dict()
    train(model, *batches())
    expected = model.state_dict()
    assert not torch.equal(start["0.weight"], expected["0.weight"])
    for number in range(PROCESSES):
        result = torch.load(folder / f"{case} {number}.pt", weights_only=True)
        assert result.keys() == expected.keys()
        assert int(result["0.steps"]) == STEPS
        for name, values in expected.items():
            torch.testing.assert_close(result[name], values, rtol=1e-12, atol=1e-14, equal_nan=True)
    if case == "learned ranges":
        assert not torch.equal(start["0.input_range"], expected["0.input_range"])


def test_a_range_that_each_process_would_begin_elsewhere_is_refused(folder):
    for number in range(PROCESSES):
        text = (folder / f"refusal {number}.txt").read_text()
        assert text.startswith("0: the input range is not known") and "memsim.torch.calibrate(model, x)" in text


def test_the_noise_of_outputs_is_that_of_one_batch_with_the_samples_of_all_processes(folder):
    noise = torch.cat([torch.load(folder / f"noise {number}.pt", weights_only=True) for number in range(PROCESSES)], 1)
    assert torch.equal(noise, torch.stack(readout_noise([torch.zeros(6, 4)] * 2, 1, 1.0, Address(1))))
