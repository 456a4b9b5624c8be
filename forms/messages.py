"""Every sentence this room says, by code, Chinese first and English second.

Two audiences. `ANSWERS` are for the person in front of the form: a `Message` is the Chinese sentence itself
(so a template can print it) and remembers its code and parameters, so that the app can say it in English.
`FAULTS` are for the process owner whose `.form` file is wrong: a `FormError` names the file, the field and
both sentences.
"""

from typing import Any, Literal

Language = Literal["zh", "en"]

ANSWERS: dict[str, tuple[str, str]] = {
    "required": ("请填写此项", "This field is required"),
    "choose": ("请选择一项", "Choose an option"),
    "must_tick": ("请勾选确认", "Tick this box to confirm"),
    "attach": ("请上传附件", "Attach a file"),
    "not_text": ("此项应为文字", "This must be text"),
    "bad_characters": (
        "含有不能使用的控制字符，请删除后重新填写",
        "Contains control characters that are not allowed; remove them",
    ),
    "too_short": ("至少填写 {min} 个字，现有 {length} 个字", "At least {min} characters; there are {length}"),
    "too_long": ("最多填写 {max} 个字，现有 {length} 个字", "At most {max} characters; there are {length}"),
    "pattern": ("格式不正确", "The format is not correct"),
    "not_number": ("请填写数字，例如 3 或 2.5", "Enter a number such as 3 or 2.5"),
    "not_integer": ("请填写整数", "Enter a whole number"),
    "too_many_decimals": ("最多保留 {digits} 位小数", "At most {digits} decimal places"),
    "below_min": ("不能小于 {min}", "Must not be less than {min}"),
    "above_max": ("不能大于 {max}", "Must not be greater than {max}"),
    "unknown_option": (
        "“{value}”不在可选范围内，请重新选择",
        "“{value}” is not one of the options; choose again",
    ),
    "too_many": ("选择过多，最多 {max} 项", "Too many; at most {max}"),
    "excluded": (
        "“{value}”已用于“{other}”，请另选",
        "“{value}” is already used in “{other}”; choose another",
    ),
    "not_boolean": ("请选择是或否", "Answer yes or no"),
    "not_date": ("请填写日期，例如 2026-09-29", "Enter a date such as 2026-09-29"),
    "not_time": ("请填写时间，例如 09:30", "Enter a time such as 09:30"),
    "not_datetime": (
        "请填写日期和时间，例如 2026-09-29 09:30",
        "Enter a date and time such as 2026-09-29 09:30",
    ),
    "in_future": ("不能晚于现在（{limit}）", "Must not be later than now ({limit})"),
    "too_late": ("不能晚于 {limit}", "Must not be later than {limit}"),
    "too_early": ("不能早于 {limit}", "Must not be earlier than {limit}"),
    "id_length": ("身份证号码应为 18 位", "An ID number has 18 characters"),
    "id_date": ("身份证号码中的出生日期不正确", "The date of birth in the ID number is not valid"),
    "id_checksum": (
        "身份证号码校验不通过，请逐位核对",
        "The ID number fails its check digit; compare every digit",
    ),
    "phone": (
        "请填写 11 位手机号码，或区号加固定电话号码",
        "Enter an 11-digit mobile number, or area code and landline number",
    ),
    "bad_file": ("附件信息不完整，请重新上传", "The file description is incomplete; upload again"),
    "file_too_large": ("“{name}”超过 {max} MB", "“{name}” is larger than {max} MB"),
    "file_type": (
        "“{name}”的类型不接受，可上传：{accept}",
        "“{name}” is of a type not accepted; accepted: {accept}",
    ),
    "files_waiting": (
        "您已上传而未提交的附件将超过 {max} MB：请先提交填好的表单；未提交的附件 {days} 天后自动清除",
        "Your files of forms not sent off would exceed {max} MB: send those forms first; such files are dropped after "
        "{days} days",
    ),
    "file_empty": ("“{name}”是空文件", "“{name}” is empty"),
}

FAULTS: dict[str, tuple[str, str]] = {
    "too_big": ("表单文件超过 {max} 字节", "the form file is larger than {max} bytes"),
    "not_utf8": ("表单文件不是 UTF-8 编码", "the form file is not UTF-8"),
    "not_json": ("不是有效的 JSON：{detail}", "not valid JSON: {detail}"),
    "not_object": ("应为对象", "must be an object"),
    "not_list": ("“{name}”应为列表", "“{name}” must be a list"),
    "bad_type": ("表单的 type 应为 default", "the form's type must be default"),
    "bad_id": ("表单 id 缺失或不合规", "the form's id is missing or malformed"),
    "too_many_components": ("组件超过 {max} 个", "more than {max} components"),
    "too_deep": ("分组嵌套超过 {max} 层", "groups are nested deeper than {max}"),
    "unknown_component": ("不支持的组件类型“{type}”", "component type “{type}” is not supported"),
    "bad_key": (
        "字段 key“{key}”不合规，应为英文字母开头的字母、数字、下划线",
        "key “{key}” must be letters, digits and underscores, starting with a letter",
    ),
    "reserved_key": ("字段 key“{key}”是保留字", "key “{key}” is reserved"),
    "duplicate_key": ("字段 key 重复", "the key is used twice"),
    "duplicate_name": ("JSON 名称“{name}”重复", "JSON name “{name}” occurs twice"),
    "no_label": ("字段没有标题 label", "the field has no label"),
    "bad_text": (
        "“{name}”应为不含控制字符的文字，最多 {max} 字",
        "“{name}” must be text without control characters, at most {max} long",
    ),
    "bad_flag": ("“{name}”应为 true 或 false", "“{name}” must be true or false"),
    "bad_bound": (
        "“{name}”应为有限的数（长度和数量为非负整数）",
        "“{name}” must be a finite number (lengths and counts: whole, not negative)",
    ),
    "bounds_crossed": ("“{low}”大于“{high}”", "“{low}” is greater than “{high}”"),
    "bad_pattern": ("正则表达式有误：{detail}", "the pattern is wrong: {detail}"),
    "unsafe_pattern": (
        "正则表达式的匹配时间无法限定：{detail}",
        "the pattern cannot be matched in bounded time: {detail}",
    ),
    "not_here": ("“{name}”不能用于组件“{type}”", "“{name}” cannot be used on component “{type}”"),
    "unknown_validation": ("不支持的 validate“{name}”", "validate “{name}” is not supported"),
    "unknown_property": ("不认识的 properties“{name}”", "property “{name}” is not known"),
    "unknown_kind": ("不认识的 kind“{kind}”", "kind “{kind}” is not known"),
    "no_options": (
        "没有可选项：请写 values、valuesKey 或 kind",
        "no options: give values, valuesKey or a kind",
    ),
    "bad_option": (
        "可选项有误：每项需有 label 和不重复的 value",
        "wrong option: each needs a label and a value used once",
    ),
    "bad_default": ("默认值不合规：{detail}", "the default value is not acceptable: {detail}"),
    "two_defaults": ("defaultValue 与 default 只能写一个", "give defaultValue or default, not both"),
    "bad_expression": (
        "“{name}”的 FEEL 表达式有误：{zh}",
        "the FEEL expression of “{name}” is wrong: {en}",
    ),
    "expression_failed": (
        "“{name}”的 FEEL 表达式无法求值：{zh}",
        "the FEEL expression of “{name}” cannot be evaluated: {en}",
    ),
    "circle": ("隐藏条件互相依赖：{keys}", "the hiding conditions depend on each other: {keys}"),
    "no_now": ("求值范围缺少 now", "the scope has no now"),
    "bad_limit": ("“{name}”求值结果不是日期或时间", "“{name}” does not give a date or time"),
}


class Message(str):
    """One answer to the person who filled in the form; as a `str` it is the Chinese sentence.

    `code` is a key of `ANSWERS`; `params` fill the braces.
    """

    code: str
    params: dict[str, Any]

    def __new__(cls, code: str, **params: Any) -> "Message":
        message = super().__new__(cls, ANSWERS[code][0].format_map(params))
        message.code = code
        message.params = params
        return message

    def in_language(self, language: Language) -> str:
        """The sentence in `language`: `zh` or `en`."""
        return str(self) if language == "zh" else ANSWERS[self.code][1].format_map(self.params)


class FormError(ValueError):
    """A `.form` file that cannot be used; `where` names the file, `field` the component ('' for the
    whole form).
    """

    def __init__(self, code: str, *, where: str, field: str = "", **params: Any) -> None:
        self.code = code
        self.where = where
        self.field = field
        self.params = params
        zh, en = FAULTS[code]
        place = f"{where}: {field}" if field else where
        self.zh = f"{place}：{zh.format_map(params)}"
        self.en = f"{place}: {en.format_map(params)}"
        super().__init__(f"{self.zh} / {self.en}")
