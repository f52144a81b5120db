"""For all folders of tests."""


def pytest_configure(config):
    config.addinivalue_line("markers", "only_if(condition, why): the test is left out, and said to be, unless the condition holds")


def pytest_collection_modifyitems(config, items):
    left_out = {item: mark.args[1] for item in items for mark in item.iter_markers("only_if") if not mark.args[0]}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
        for why in sorted(set(left_out.values())):
            print(f"left out: {list(left_out.values()).count(why)} tests: {why}")
