import pytest
from django.core.cache import cache
from django.test import RequestFactory
from django_ratelimit.core import is_ratelimited


def test_the_cache_keeps_what_it_is_given(redis):
    cache.set("answer", {"slots": 3})
    cache.set_many({"one": 1, "two": 2})

    assert cache.get("answer") == {"slots": 3}
    assert cache.incr("one") == 2
    assert cache.get_many(["one", "two", "three"]) == {"one": 2, "two": 2}
    assert cache.add("one", 5) is False


def test_emptying_the_cache_leaves_the_queue_alone(redis):
    redis.lpush("celery", "a message")
    cache.set("answer", 42)

    cache.clear()

    assert cache.get("answer") is None
    assert redis.lrange("celery", 0, -1) == [b"a message"]


def test_without_redis_every_read_misses_and_nothing_fails(redis_is_gone):
    cache.set("answer", 42)
    cache.set_many({"one": 1})
    cache.delete("answer")
    cache.delete_many(["one"])
    cache.clear()

    assert cache.get("answer", "otherwise") == "otherwise"
    assert cache.get_many(["answer"]) == {}
    assert cache.add("answer", 42) is False
    assert cache.touch("answer") is False
    assert "answer" not in cache
    with pytest.raises(ValueError, match="not found"):
        cache.incr("one")


def test_without_redis_django_ratelimit_lets_through_as_it_is_told(redis_is_gone):
    request = RequestFactory().get("/")

    assert not is_ratelimited(request, group="any", key="ip", rate="1/m", increment=True)
    assert not is_ratelimited(request, group="any", key="ip", rate="1/m", increment=True)
