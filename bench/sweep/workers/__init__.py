"""The other stores: each a module that runs in that store's own environment, with numpy and nothing of ours."""
