"""Sentences of Django's that people read are in their language, where they appear."""

from __future__ import annotations

import pytest
from django import forms
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils import translation


class Form(forms.Form):
    required = forms.CharField()
    number = forms.IntegerField(max_value=5)
    text = forms.CharField(max_length=3)
    email = forms.EmailField()
    choice = forms.ChoiceField(choices=[("1", "x")])
    at = forms.TimeField()
    on = forms.DateField()


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_no_english_is_left_in_what_a_form_answers(language: str) -> None:
    wrong = {"number": "9", "text": "abcde", "email": "x", "choice": "2", "at": "25:00", "on": "x"}
    with translation.override(language):
        said = [str(one) for errors in Form(wrong).errors.values() for one in errors]
        with pytest.raises(ValidationError) as short:
            MinimumLengthValidator(10).validate("abc")
        said += short.value.messages
    assert len(said) == 8
    for one in said:
        assert not any(letter.isascii() and letter.isalpha() for letter in one), one


def test_the_words_are_ours() -> None:
    with translation.override("zh-hans"), pytest.raises(ValidationError, match="密码太短，至少需要 10 个字符。"):
        MinimumLengthValidator(10).validate("abc")
