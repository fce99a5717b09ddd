"""`flask_login`: the mixin that models take from it; sessions of a browser are not there."""


class UserMixin:
    __hash__ = object.__hash__

    @property
    def is_active(self):
        return True

    @property
    def is_authenticated(self):
        return self.is_active

    @property
    def is_anonymous(self):
        return False

    def get_id(self):
        try:
            return str(self.id)
        except AttributeError:
            raise NotImplementedError("No `id` attribute - override `get_id`") from None

    def __eq__(self, other):
        if isinstance(other, UserMixin):
            return self.get_id() == other.get_id()
        return NotImplemented

    def __ne__(self, other):
        equal = self.__eq__(other)
        return NotImplemented if equal is NotImplemented else not equal


class AnonymousUserMixin:
    is_authenticated = False
    is_active = False
    is_anonymous = True

    def get_id(self):
        return None


class LoginManager:
    def __init__(self, app=None, add_context_processor=True):
        self.anonymous_user = AnonymousUserMixin
        self.login_view = None
        self.login_message = "Please log in to access this page."
        self.login_message_category = "message"
        self.session_protection = "basic"
        self._user_callback = None
        if app is not None:
            self.init_app(app, add_context_processor)

    def init_app(self, app, add_context_processor=True):
        app.login_manager = self

    def user_loader(self, callback):
        self._user_callback = callback
        return callback

    def request_loader(self, callback):
        return callback

    def unauthorized_handler(self, callback):
        return callback

    needs_refresh_handler = unauthorized_handler


current_user = AnonymousUserMixin()


def login_required(func):
    return func


fresh_login_required = login_required


def login_user(user, remember=False, duration=None, force=False, fresh=True):
    return True


def logout_user():
    return True


def confirm_login():
    pass
